// Why something cannot be done, in the language of the window. Programs and servers speak English; by the keyword they tell
// the same is said in Japanese. A keyword that is not here is told in the sentence that came with it.

import { language } from "/static/words.js";

const JA = {
  "server-away": "サーバーが応答しません。自動的に再試行します。",
  "not-understood": "サーバーの応答を理解できません。サーバーの設定を管理者に確認してください。",
  "pc-refused": "サーバーがこの PC を認めていません。改めて登録が必要です。管理者に連絡してください。",
  "another-server": "この指示は以前のサーバー宛てです。取りやめて、もう一度送信してください。",
  "bad-request": "入力内容に誤りがあります。確認してください。",
  "forbidden": "この操作は許可されていません。管理者に連絡してください。",
  "not-found": "見つかりません。すでにないのかもしれません。",
  "conflict": "ほかの操作と重なりました。もう一度お試しください。",
  "too-large": "文書が大きすぎます。分けて送ってください。",
  "too-many": "回数が多すぎます。しばらく待ってからお試しください。",
  "account-limit-reached": "一度に送れる量の上限に達しています。しばらくすると自動的に送信します。",
  "try-later": "サーバーは今受け付けられません。自動的に再試行します。",
  "no-space": "サーバーのディスクがいっぱいです。自動的に再試行します。管理者に連絡してください。",
  "server-fault": "サーバーで問題が起きました。管理者に連絡してください。",
  "not-in-all-rec": "この PC はサーバーの全配信先一覧 (all.rec) にありません。管理者に追加を依頼してください。",
  "unknown-destination": "サーバーの配信先一覧にない宛先があります。一覧から選び直してください。",
  "unknown-group": "サーバーにもうないグループがあります。選び直してください。",
  "document-format-not-supported": "サーバーが扱えない形式の文書です。PDF か TIFF で送ってください。",
  "document-format-error": "文書を読み取れません。壊れているか、複雑すぎます。保存し直すか、分けて送ってください。",
  "document-password-error": "文書にパスワードがかかっています。パスワードなしの写しを送ってください。",
  "no-destination": "グループまたは宛先を選択してください。",
  "no-group": "先にグループを選択してください。選択したグループにこの PC を登録します。",
  "not-asked-about": "この文書は送信済みか、印刷が取り消されています。",
  "no-bitmap": "ページを画像にできません。「文書のまま」で送ってください。",
  "disk-error": "この PC のディスクを読み書きできません。",
  "disk-full": "この PC のディスクがいっぱいです。空きを増やすと続きを受信します。",
  "document-gone": "この文書はもう受信箱にありません。",
  "no-such-page": "文書にそのページはありません。",
  "page-not-drawn": "ページを表示できません。文書を保存して、ほかのプログラムで開いてください。",
  "no-printer": "プリンターの宛先は ipp://ホスト/ipp/print か cups:キュー の形で入力してください。",
  "printer-away": "プリンターが応答しません。電源と接続を確認してください。",
  "printer-not-usable": "このプリンターは使えません。宛先を確認してください。",
  "printer-refused": "プリンターに断られました。プリンターの操作パネルを確認してください。",
};

export const sayWhy = (keyword, sentence) => (language === "ja" && JA[keyword]) || sentence;
